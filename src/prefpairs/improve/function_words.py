"""The words of English that say nothing of what a text is about: two texts that share only these are not alike."""

FUNCTION_WORDS = frozenset(
    """
    a about above after again all also am an and any are aren't as at be because been before being but by can
    can't cannot cant could couldn't did didn't didnt do does doesn't doesnt doing don't done dont down each
    either else ever every few for from further get gets getting go goes going got had has have haven't having
    he her here hers herself him himself his how however i i'd i'll i'm i've if im in into is isn't it it's its
    itself just let like made make makes making many may me might mine more most much must my myself no nor not
    now of off on once one only or other our ours out over own quite rather really same she should so some such
    than that that's the their theirs them themselves then there there's these they they're thing things this
    those though through to too under until up upon us very was wasn't way we well were weren't what when where
    whether which while who whom why will with within without won't would wouldn't yes yet you you'd you'll
    you're you've your yours yourself
    """.split()  # noqa: SIM905  # a list of words, read as words
)
