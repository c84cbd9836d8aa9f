"""Community votes in, a signed, de-identified, versioned preference dataset out."""

from importlib.metadata import version

__version__ = version("prefpairs")
