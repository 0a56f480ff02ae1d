"""The names by which one part of a config refers to another: each must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kdlens.errors import InputError, suggest


def require_known(names: Iterable[str], known: Iterable[str], key: str, what: str) -> None:
    """Raise an InputError for the first name that is not known.

    Args:
        key: of the config, under which the names stand.
        what: a known one is, such as "an entry of models".
    """
    for name in names:
        if name not in known:
            raise InputError(f"config key {key}: '{name}' is not {what}; {suggest(name, known)}")


def resolve_teacher(models: Mapping[str, dict[str, Any]], name: str, section: str) -> None:
    """Check a model's teacher, the teacher's own and so on; fill in which of their seeds teach.

    Args:
        models: the entries of ``section``, that is of ``models`` or ``text.models``.

    Raises:
        InputError: for a teacher that is no entry, has no such seed or learns from its own student.
    """
    chain = [name]
    while "teacher" in models[chain[-1]]:
        student = models[chain[-1]]
        teacher, key = student["teacher"], f"{section}.{chain[-1]}.teacher"
        if teacher in chain:
            how = "itself" if chain == [teacher] else " <- ".join([*chain, teacher])
            raise InputError(
                f"config key {section}.{name}.teacher: the model teaches {how}; name another model "
                "as its teacher"
            )
        require_known(
            [teacher], [m for m in models if m != chain[-1]], key, f"an entry of {section}"
        )
        seeds = models[teacher]["seeds"]
        seed = student.setdefault("teacher_seed", seeds[0])
        if seed not in seeds:
            raise InputError(
                f"config key {key}_seed: {teacher} has no seed {seed}; "
                f"it has {', '.join(map(str, seeds))}"
            )
        chain.append(teacher)
