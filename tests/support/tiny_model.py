"""The tiny model of `prefpairs tiny-model`; `python -m tests.support.tiny_model FOLDER` writes it too."""

import sys
from pathlib import Path

from prefpairs.train.models.tiny import ASSISTANT, BEGIN, CHAT_TEMPLATE, END, TEXTS, USER, save_tiny_model

__all__ = ["ASSISTANT", "BEGIN", "CHAT_TEMPLATE", "END", "TEXTS", "USER", "save_tiny_model"]

if __name__ == "__main__":
    save_tiny_model(Path(sys.argv[1]), chat_template=CHAT_TEMPLATE)
