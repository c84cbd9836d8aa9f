"""An id, the settings and the lake -> an explanation."""

from prefpairs.config import Settings
from prefpairs.explain.find import Pair, find
from prefpairs.explain.item_story import explain_item
from prefpairs.explain.pair_story import explain_pair
from prefpairs.explain.story import Explanation
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake


def explain(settings: Settings, given: str) -> Explanation:
    """Say why a pair exists, or why a comment or a post is in none. Reads tables, writes nothing, shows no text.

    `given` is a public id (24 hexadecimal digits: pair, response, thread) or a name of the source (`t1_...`).

    Raises
    ------
    PrefpairsError
        If it is no id, or nothing in the lake has it.

    """
    key = ProjectKey.load(settings.path(settings.project.key_file))
    lake = Lake(settings.lake_folder)
    found = find(lake, key.derive(f"release:{settings.project.series}"), given)
    if isinstance(found, Pair):
        return explain_pair(lake, settings, key, found)
    return explain_item(lake, settings, key, found.name)
