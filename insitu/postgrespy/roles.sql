-- Three roles, each with no more than its work needs.
--
--     insitu_builder  runs `dbt build`: creates schemas and tables, and owns them
--     insitu_scorer   reads what scoring needs and adds rows to the predictions; changes and deletes nothing
--     insitu_analyst  reads the published schemas: evaluation, predictions, actions, monitoring
--
-- Run it as a superuser in the project's database: before the first build, after it, and whenever a use case or a role
-- that builds is added.
-- It may be run any number of times. Then give people and services their role, and the builder's profile `role:`:
--
--     create role anna login password '…' in role insitu_analyst;
--     create role nightly login password '…' in role insitu_builder;   -- profile: `role: insitu_builder`
--
-- New tables get their privileges the moment they are created (default privileges), whichever role creates them, so that a
-- rebuild locks nobody out.

do $$
declare
    -- A target with a schema of its own has the layers as `<schema>_predictions` and so on.
    published constant text := '(^|_)(evaluation|predictions|actions|monitoring)$';
    scoring_inputs constant text := '(^|_)(training|evaluation|predictions)$';
    -- the predictions, and the ledger of their batches
    predictions constant text := '__(predictions|batches)$';
    item record;
    builder text;
begin
    for item in select unnest(array['insitu_builder', 'insitu_scorer', 'insitu_analyst']) as name loop
        if not exists (select from pg_roles where rolname = item.name) then
            execute format('create role %I nologin', item.name);
        end if;
        execute format('grant connect on database %I to %I', current_database(), item.name);
    end loop;

    -- By default anyone may connect, make temporary tables and, before PostgreSQL 15, create tables in `public`.
    execute format('revoke all on database %I from public', current_database());
    execute format('grant create, temporary on database %I to insitu_builder', current_database());
    revoke all on schema public from public;
    grant usage, create on schema public to insitu_builder;

    for item in
        select reader, nspname as name, oid
        from (values ('insitu_analyst', published), ('insitu_scorer', scoring_inputs)) as readers (reader, read)
        inner join pg_namespace on nspname ~ read
    loop
        execute format('grant usage on schema %I to %I', item.name, item.reader);
        execute format('grant select on all tables in schema %I to %I', item.name, item.reader);
        -- Default privileges are those of who creates a table: a member of insitu_builder without `role:`, a superuser, …
        for builder in
            select rolname
            from pg_roles
            where rolname !~ '^pg_' and has_schema_privilege(oid, item.oid, 'create')
        loop
            execute format(
                'alter default privileges for role %I in schema %I grant select on tables to %I',
                builder, item.name, item.reader
            );
        end loop;
    end loop;

    for item in
        select s.nspname as schema_name, r.relname as name
        from pg_class as r
        inner join pg_namespace as s on s.oid = r.relnamespace
        where s.nspname ~ '(^|_)predictions$' and r.relname ~ predictions and r.relkind in ('r', 'p')
    loop
        execute format('grant insert on %I.%I to insitu_scorer', item.schema_name, item.name);
    end loop;
end
$$;
