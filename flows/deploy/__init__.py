"""What runs by itself: deployments, their schedules, automations, and the server with its UI."""
