"""The door of the workflows: names, ids and messages. Everything a site, the command line or an activity may know."""
