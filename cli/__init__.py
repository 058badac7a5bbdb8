"""The command line of those who operate Chargehand: `script/chargehand`."""
