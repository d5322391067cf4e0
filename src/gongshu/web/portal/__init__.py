"""The public pages: search, data sets, downloads, rules, proofs. Nobody needs an account here."""
