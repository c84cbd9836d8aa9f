"""A manifest -> what its labels mean, and what it is not for: the first things that a reader of the card sees."""

from prefpairs.release.manifest import Manifest

_MEANING = """\
**What a label means.** {chosen} Votes are exposure times quality: early, visible, agreeable and funny responses \
collect more of them{taken_out}. A label says which response readers valued more (helpful, in their eyes): it is \
endorsement by whoever was there. It does not say that a response is harmless, true or clinically sound, and \
*rejected* does not mean bad."""

_BY_VOTES = {
    "chosen": "*Chosen* is the response that the community gave more votes than *rejected*, under the rule below.",
    "taken_out": "",
}
_BY_MODEL = {
    "chosen": "*Chosen* is probably the response that the community valued more, under the rule below: its votes "
    "were compared with those that its place would have brought any response, so it may have fewer votes than "
    "*rejected*, and `preference_probability` says how sure that is.",
    "taken_out": "; the rule takes out what it can know of who saw which response, and cannot take out the rest",
}

_NOT_FOR = (
    "diagnosing, triaging or assessing anybody, or as a clinical tool of any kind",
    "finding, contacting, profiling or imitating the people who wrote the texts, or inferring anything about one "
    "person: a label of a text says nothing of its writer",
    "a measure of safety: a highly voted response can be wrong or dangerous",
    "the only preference signal of a system that talks to people in distress",
)
ASKED_FOR = {
    "crisis": "training on `crisis` without clinical advice, or as a model of how to answer somebody in a crisis",
    "safety_contrast": "showing or generating the rejected texts of `safety_contrast`: they are harmful, and "
    "there to be told from better ones",
}
"""Config that is published only when asked for -> what it is not for."""


def meaning(manifest: Manifest) -> str:
    """Return the paragraph on what a label means and does not mean."""
    return _MEANING.format(**(_BY_MODEL if manifest.preset == "calibrated" else _BY_VOTES))


def not_for(manifest: Manifest) -> str:
    """Return the section on what a version must not be used for."""
    uses = [*_NOT_FOR, *(use for name, use in ASKED_FOR.items() if name in manifest.configs)]
    return "## Do not use it for\n\n" + "\n".join(f"- {use}" for use in uses)
