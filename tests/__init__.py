"""The tests; a package by name, since textstat's wheel installs a package `tests` of its own."""
