"""Who gets in where: every address of the site, every way of asking, every kind of person."""
