"""The password of everybody in the tests; here, so that a program without Django can sign in."""

PASSWORD = "correct horse battery staple"
