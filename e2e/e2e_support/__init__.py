"""Starts the program under test and looks at it from outside."""

from .api import Api
from .configuration import LANES, model_of, providers
from .program import Program

__all__ = ["LANES", "Api", "Program", "model_of", "providers"]
