"""How an installation is put together: on one machine (``deploy.local``) or in containers (``docker-compose.yml``)."""
