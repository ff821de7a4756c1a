"""Django's own tests of sessions over this package: see test_suite.py."""
