"""Films over JSON, as movie.yaml has them, and the routes beside it that the studio's own pages need."""
