"""Health: what is wrong, as database and broker alone tell it to the doctor and the console."""
