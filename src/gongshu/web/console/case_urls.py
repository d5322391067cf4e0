"""Addresses of disputes, requests of the public and emergencies."""

from django.urls import path

from gongshu.web.console import disputes, emergencies, open_types, requests

urlpatterns = [
    path("applications/<str:number>/dispute/", disputes.raise_dispute, name="dispute_raise"),
    path("catalog/<str:code>/negotiate/", disputes.negotiate, name="negotiate"),
    path("disputes/", disputes.disputes, name="disputes"),
    path("disputes/<str:number>/", disputes.dispute, name="dispute"),
    path("disputes/<str:number>/settle/", disputes.settle, name="dispute_settle"),
    path("disputes/<str:number>/withdraw/", disputes.withdraw, name="dispute_withdraw"),
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/new/", emergencies.declare, name="emergency_new"),
    path("emergencies/<str:number>/", emergencies.emergency, name="emergency"),
    path("emergencies/<str:number>/end/", emergencies.end, name="emergency_end"),
    path("catalog/<str:code>/open-type/", open_types.propose, name="open_type_propose"),
    path("open-types/", open_types.open_types, name="open_types"),
    path("open-types/<str:number>/", open_types.open_type, name="open_type"),
    path("open-types/<str:number>/answer/", open_types.answer, name="open_type_answer"),
    path("open-types/<str:number>/withdraw/", open_types.withdraw, name="open_type_withdraw"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<str:number>/", requests.request_page, name="request"),
    path("requests/<str:number>/decide/", requests.decide, name="request_decide"),
    path("requests/<str:number>/provide/", requests.provide, name="request_provide"),
]
