"""What a person meets in a browser, driven through a real one."""
