"""The pages and the management API: portal (public), console (staff), api (programs)."""
