"""Every address of the site, by who asks."""

from django.urls import include, path

from ivig_care.web.language import language_choose

urlpatterns = [
    path("accounts/", include("ivig_care.web.sign_in.urls")),
    path("you/", include("ivig_care.web.you.urls")),
    path("welcome/", include("ivig_care.web.welcome.urls")),
    path("clinic/", include("ivig_care.web.clinic.urls")),
    path("", include("ivig_care.web.ops.urls")),
    path("g/", include("ivig_care.web.guest.urls")),
    path("invitations/", include("ivig_care.web.joining.urls")),
    path("n/", include("ivig_care.web.links.urls")),
    path("language/", language_choose, name="language"),
    path("hooks/", include("ivig_care.web.hooks.urls")),
    path("", include("ivig_care.web.offline.urls")),
    path("", include("ivig_care.web.reach.urls")),
    path("", include("ivig_care.web.family.urls")),
]

handler400 = "ivig_care.web.errors.not_readable"
handler403 = "ivig_care.web.errors.forbidden"
handler404 = "ivig_care.web.errors.not_found"
handler429 = "ivig_care.web.errors.too_many"
handler500 = "ivig_care.web.errors.broken"
