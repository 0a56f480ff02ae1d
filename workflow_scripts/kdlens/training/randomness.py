"""Random numbers that depend on nothing but their address.

Ordinary generators hand out numbers in the order of the calls, so what image 7 gets in epoch 3
depends on everything drawn before. Here a number is a hash of (seed, stream, key, position): the
order of the images and their augmentation in an epoch are the same after a restart, with any number
of worker processes, and whether the images come from memory or from the disk. They are also the
same for every version of torch and NumPy.

The hash is the finaliser of SplitMix64 (Steele, Lea & Flood 2014), applied once for each part of
the address.
"""

from __future__ import annotations

import enum

import numpy as np


class Stream(enum.IntEnum):
    """The uses that are made of a seed; a number, once given, stays."""

    WEIGHTS = 1
    ORDER = 2
    AUGMENTATION = 3
    EPOCH = 4
    PARTS = 5
    NEGATIVES = 6
    GENERATION = 7
    TIES = 8
    RETRAINING = 9


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def _mix(state: np.ndarray) -> np.ndarray:
    """Return a bijective scramble of uint64 values."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))


def hashes(seed: int, stream: int, keys: np.ndarray, count: int = 1) -> np.ndarray:
    """Return uint64 hashes of shape (len(keys), count).

    Args:
        seed: the user's seed.
        stream: which use of the seed; different streams are independent.
        keys: non-negative integers (n,).
        count: how many values for each key.
    """
    state = np.zeros((1, 1), np.uint64)
    parts = (
        np.array([[seed]]),
        np.array([[stream]]),
        np.asarray(keys)[:, None],
        np.arange(count)[None, :],
    )
    for part in parts:
        state = _mix(state + _mix(part.astype(np.uint64) + _GOLDEN) + _GOLDEN)
    return state


def uniforms(seed: int, stream: int, keys: np.ndarray, count: int = 1) -> np.ndarray:
    """Return float64 numbers in [0, 1) of shape (len(keys), count); arguments as :func:`hashes`."""
    return (hashes(seed, stream, keys, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(seed: int, stream: int, epoch: int, length: int) -> np.ndarray:
    """Return an int64 permutation of ``range(length)``, another one for each epoch."""
    keys = np.arange(epoch * length, (epoch + 1) * length)
    return np.argsort(hashes(seed, stream, keys)[:, 0], kind="stable")


def derived_seed(seed: int, stream: int, key: int = 0) -> int:
    """Return a seed in [0, 2**63) for a generator of another library."""
    return int(hashes(seed, stream, np.array([key]))[0, 0] >> np.uint64(1))
