"""The rules that say what is harmful in a text: shared by the stage `label` and by `prefpairs evaluate`."""
