"""Steps of answers, films of cuts and of what is made again."""
