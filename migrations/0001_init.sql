-- +goose Up

-- Databases that began before PostgreSQL 15 let everybody make tables here, in the way of ours.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
