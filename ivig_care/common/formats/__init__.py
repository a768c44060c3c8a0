"""How dates and numbers are written where Django writes them; see docs/how-to/translate.md."""
