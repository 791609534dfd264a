"""How right the verdicts are on captures of which the truth is known, and the page that says so."""
