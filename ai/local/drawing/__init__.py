"""Drawing by rule: what the words of a prompt name, as simple shapes in the light that they name."""
