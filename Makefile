# Jalon: every command a developer or an installer needs. `make` lists them.

RUN := sh deploy/run.sh
PYTEST := python -m pytest -o cache_dir=$${JALON_CACHES:-.pytest_cache}/pytest
.DEFAULT_GOAL := help
.PHONY: help demo up down reset status check test test-long bench gen baseline lock compose

help: ## liste les commandes
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/  make \1\t\2/p' Makefile | expand -t 20
	@echo "  DETACH=1 rend la main (demo, up) ; DATABASE_URL et TEMPORAL_ADDRESS remplacent ceux de la machine."

demo: ## la démonstration : l'appel 2023 rejoué, trois appels en cours, puis les adresses à ouvrir (Ctrl-C arrête)
	@$(RUN) python -m deploy.local demo $(if $(filter 1,$(DETACH)),--detach)

up: ## une installation réelle, vide, prête pour un premier appel
	@$(RUN) python -m deploy.local up $(if $(filter 1,$(DETACH)),--detach)

down: ## arrête tout et garde les données
	@$(RUN) python -m deploy.local down

reset: ## oublie tout : données, clés, journaux des deux installations
	@$(RUN) python -m deploy.local reset

status: ## ce qui tourne, à quelle adresse, avec quelle mémoire
	@$(RUN) python -m deploy.local status

check: ## style, types, imports, contrats, code généré, compose
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports --no-cache
	$(RUN) buf lint protos
	$(RUN) buf breaking protos --against protos/baseline.binpb
	@fresh=$$(mktemp -d) && $(RUN) sh deploy/protos.sh $$fresh && \
	    diff -r -x __pycache__ $$fresh protos/gen || { echo "Le code généré diffère : make gen, puis valider."; exit 1; }
	@if docker compose version >/dev/null 2>&1; then \
	    docker compose --env-file .env.example config --quiet; else echo "docker compose absent : non vérifié"; fi

test: ## les tests (20 minutes au plus sur 2 cœurs)
	@$(RUN) python -m deploy.local engine
	@$(RUN) python -m tests.browser.chromium
	@$(RUN) sh -c '$(PYTEST) -m "not long"'

test-long: ## pannes, tailles, navigateurs : à lancer avant de conclure
	@$(RUN) python -m deploy.local engine
	@$(RUN) python -m tests.browser.chromium
	@$(RUN) sh -c '$(PYTEST) -m long --timeout 3600'

bench: ## notre acte comparé à un workflow nu ; puis la liste et les dossiers sur 10 000 dossiers
	@$(RUN) python -m tests.bench
	@$(RUN) python -m tests.bench.pages

compose: ## prépare clés et variables pour docker compose, et dit la commande à lancer
	@$(RUN) python -m deploy.local compose

gen: ## le code Python des contrats (protos/gen)
	rm -rf protos/gen/jalon
	$(RUN) sh deploy/protos.sh protos/gen

baseline: ## l'image à laquelle les contrats sont comparés (à chaque version publiée)
	$(RUN) buf build protos -o protos/baseline.binpb

lock: ## refait les fichiers d'exigences, avec leurs empreintes
	$(RUN) uv pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements.txt
	$(RUN) uv pip compile -q --universal --generate-hashes --no-header --extra dev pyproject.toml -o requirements-dev.txt
	echo "$$(head -n 1 requirements-tools.txt | cut -d' ' -f1)" | \
	    $(RUN) uv pip compile -q --universal --generate-hashes --no-header - -o requirements-tools.txt
