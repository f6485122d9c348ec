"""What people do, scene by scene, in the order of the calendar."""
