"""Figures -> the questions that a steward asks before signing, each with its answer in one sentence."""

from prefpairs.audit.report import Check, DriftFigures, GoldFigures, ProjectFigures
from prefpairs.config import Audit
from prefpairs.wording import change, percent


def checks(
    *,
    gold: GoldFigures,
    project: ProjectFigures | None,
    drift: DriftFigures | None,
    settings: Audit,
) -> list[Check]:
    """Return every question, the most important first."""
    return [
        _leaks(gold, settings),
        _searched(gold),
        _texts(project),
        _output(project),
        _drift(drift, settings),
    ]


def _leaks(gold: GoldFigures, settings: Audit) -> Check:
    name = "Direct identifiers stay hidden"
    found = gold.documents
    if found.upper_bound is None:
        return Check(name=name, state="not measured", sentence="The gold texts hold no direct identifier.")
    limit = percent(settings.max_leaking_share)
    return Check(
        name=name,
        state="met" if found.upper_bound <= settings.max_leaking_share else "not met",
        sentence=(
            f"{found.leaking:,} of {found.texts:,} test texts keep a direct identifier. With "
            f"{percent(settings.confidence, 0)} confidence fewer than {percent(found.upper_bound, 2)} of such "
            f"texts do; the limit is {limit}."
        ),
    )


def _searched(gold: GoldFigures) -> Check:
    return Check(
        name="Every test text could be de-identified",
        state="not met" if gold.failed else "met",
        sentence=(
            f"{gold.failed:,} of {gold.texts:,} test texts could not be de-identified. Such a text is never "
            "published."
        ),
    )


def _output(project: ProjectFigures | None) -> Check:
    name = "A second search of the released text finds nothing"
    if project is None:
        return Check(
            name=name, state="not measured", sentence="There is no text of this project under this policy."
        )
    left = ", ".join(f"{kind} in {count:,} texts" for kind, count in project.left_in_output.items())
    return Check(
        name=name,
        state="not met" if left else "met",
        sentence=f"It found {left}."
        if left
        else "Patterns that share nothing with the recognizers found no e-mail "
        "address, user, phone number, web address or Reddit id.",
    )


def _texts(project: ProjectFigures | None) -> Check:
    name = "The project’s own texts were looked at"
    if project is None:
        return Check(
            name=name,
            state="not measured",
            sentence=(
                "No text of this project was de-identified under this policy: only gold texts were measured. "
                "Run `prefpairs refresh`, then audit again."
            ),
        )
    left_out = [
        f"{count:,} {what}"
        for count, what in (
            (project.changed_since, "were edited since and are left out"),
            (project.failed, "could not be de-identified and are not published"),
        )
        if count
    ]
    measured = f"{project.texts:,} texts with {project.words:,} words from {project.threads:,} threads"
    return Check(
        name=name,
        state="not met" if project.changed_since else "met",
        sentence="; ".join([measured, *left_out]) + ".",
    )


def _drift(drift: DriftFigures | None, settings: Audit) -> Check:
    name = "Nothing changed sharply since the last audit"
    if drift is None:
        return Check(
            name=name, state="not measured", sentence="There is no earlier audit with texts to compare with."
        )
    alarms = [row for row in drift.rows if row.alarm]
    names = ", ".join(f"{row.entity_type} {row.alarm}" for row in alarms)
    limits = f"{change(-settings.drift_fall)} and {change(settings.drift_rise)}"
    return Check(
        name=name,
        state="not met" if alarms else "met",
        sentence=f"{names}."
        if alarms
        else f"Every density stayed between {limits} of audit {drift.previous_sequence}.",
    )
