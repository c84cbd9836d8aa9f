"""What every section of the settings has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """One table of the TOML file: a misspelt key is an error, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
