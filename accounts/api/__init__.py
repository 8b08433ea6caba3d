"""JSON of people, houses and credentials."""
