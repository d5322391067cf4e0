"""Addresses of the public pages."""

from django.urls import path

from gongshu.web.portal import catalog, dataset, home, learn, listing, objections, registration, requests

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("catalog/", catalog.catalog, name="catalog"),
    path("catalog/list.<str:form>", listing.files, name="list"),
    path("catalog/suggest/", catalog.suggest, name="suggest"),
    path("datasets/<str:code>/", dataset.dataset, name="dataset"),
    path("datasets/<str:code>/download.<str:form>", dataset.download, name="download"),
    path("datasets/<str:code>/request/", requests.ask, name="request_new"),
    path("register/", registration.register, name="register"),
    path("requests/", requests.own_requests, name="requests"),
    path("requests/<str:number>/", requests.own_request, name="request"),
    path("requests/<str:number>/complete/", requests.complete, name="request_complete"),
    path("requests/<str:number>/withdraw/", requests.withdraw, name="request_withdraw"),
    path("requests/<str:number>/object/", requests.object_to, name="request_object"),
    path("datasets/<str:code>/objection/", objections.new, name="objection_new"),
    path("objections/", objections.objections, name="objections"),
    path("objections/<str:number>/", objections.objection, name="objection"),
    path("objections/<str:number>/step/", objections.step, name="objection_step"),
    path("developers/", learn.developers, name="developers"),
    path("rules/", learn.rules_page, name="rules"),
    path("proof/", learn.proof, name="proof"),
    path("proof/check/", learn.check, name="proof_check"),
    path("proof/<str:entry_id>/", learn.receipt, name="receipt"),
]
