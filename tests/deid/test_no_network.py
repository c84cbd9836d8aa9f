"""Nothing in a search asks the network, whatever the text holds."""

import subprocess
import sys

from prefpairs.config_deid import Deid

_TEXT = (
    "Mail jane.roe@example.co.uk or jane (at) example (dot) org, https://example.org/a?b=c, www.example.museum, "
    "call +44 20 7946 0958, my sister Ana in Boston, 10.0.0.1, fe80::1, GB82 WEST 1234 5698 7654 32"
)
_PROGRAM = f"""
import socket

def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine

for pipeline in ({Deid().spacy_pipeline!r}, "blank:en"):
    settings = Deid(spacy_pipeline=pipeline, profile="strict", disabled_recognizers=())
    print(Engine.load(settings).deidentify({_TEXT!r}).text)

from prefpairs.deid import pipeline, presidio
from prefpairs.deid.finders import Reading
from prefpairs.deid.search import Search
engine = pipeline.LoadedSpacyEngine(pipeline.load_pipeline("blank:en"), "en")
presidios = Search(list(presidio.predefined_recognizers("en")))
print(len(list(presidios.found(Reading({_TEXT!r}, engine, "en", whole_pipeline=False)))))
"""


def test_no_network_is_ever_asked() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    *masked, presidios = done.stdout.splitlines()
    assert len(masked) == 2
    assert not any(
        word in text for text in masked for word in ("jane", "@", "http", "7946", "10.0", "fe80", "GB82")
    )
    assert int(presidios) > 0
