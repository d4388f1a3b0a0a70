"""The version of the package, as it is installed."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("deltarule")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0.0.0"
