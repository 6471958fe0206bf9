"""The rules of `understudy specs lint`, one file per thing they look at."""
