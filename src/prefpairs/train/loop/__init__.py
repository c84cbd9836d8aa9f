"""A model, trees and an objective -> a trained model, resumable at every checkpoint, on one process or several."""
