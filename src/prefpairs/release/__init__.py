"""Tables -> a candidate, a sign-off, a released version, a verified pull."""
