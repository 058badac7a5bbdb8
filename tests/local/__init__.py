"""Tests of what runs Chargehand on one machine."""
