"""Each view twice: one that waits, and one that is awaited under /async."""

from django.contrib import admin
from django.urls import include, path

from . import views

waiting = [
    path("read", views.read),
    path("write", views.write),
    path("login", views.log_in),
    path("logout", views.log_out),
    path("fail", views.fail),
    path("others", views.others),
    path("end-others", views.end_others),
]
awaited = [
    path("read", views.aread),
    path("write", views.awrite),
    path("login", views.alog_in),
    path("logout", views.alog_out),
    path("fail", views.afail),
    path("others", views.aothers),
    path("end-others", views.aend_others),
]
urlpatterns = [
    path("admin/", admin.site.urls),
    path("sync/", include(waiting)),
    path("async/", include(awaited)),
]
