"""Addresses of what keeps cases, below /centre/cases/keeping/."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import erasing, exports, holds, imports, mails, mapping, proofs

KEEPING: list[URLPattern] = [
    path("", erasing.retention, name="retention"),
    path("due/<str:code>/", erasing.due, name="due"),
    path("people/", erasing.people, name="people"),
    path("people/<uuid:contact_id>/", erasing.contact, name="contact"),
    path("cases/<str:number>/", erasing.case, name="case"),
    path("erased/", erasing.erased, name="erased"),
    path("holds/", holds.holds, name="holds"),
    path("holds/<uuid:hold_id>/", holds.hold, name="hold"),
    path("proofs/", proofs.proofs, name="proofs"),
    path("proofs/drifts/", proofs.drifts, name="drifts"),
    path("months/", proofs.months, name="months"),
    path("months/<str:agency>/<str:month>/", proofs.month, name="month"),
    path("usage/", proofs.usage, name="usage"),
    path("mail/", mails.mails, name="mails"),
    path("mail/<uuid:mail_id>/", mails.mail, name="mail"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", mapping.new_import, name="new_import"),
    path("imports/mappings/", mapping.mappings, name="mappings"),
    path("imports/<uuid:case_import_id>/", imports.one_import, name="import"),
    path("export/", exports.export, name="export"),
    path("export/file/", exports.export_file, name="export_file"),
]
