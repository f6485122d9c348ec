#!/bin/sh
# Makes or updates the engine's two databases; a second time changes nothing.
set -eu
tool() { temporal-sql-tool --plugin postgres12_pgx --ep postgres -p 5432 -u jalon_admin "$@"; }
prepare() {
    tool --db "$1" update-schema --schema-name "postgresql/v12/$2" && return
    tool --db "$1" create-database
    tool --db "$1" setup-schema -v 0.0
    tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}
prepare temporal temporal
prepare temporal_visibility visibility
