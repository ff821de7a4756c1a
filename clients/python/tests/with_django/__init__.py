"""The tests of Django's entry, with a site of their own: settings.py, urls.py, views.py."""
