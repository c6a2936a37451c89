-- Three roles, each with no more than its work needs.
--
--     insitu_builder  runs `dbt build`: creates schemas and tables, and owns them
--     insitu_scorer   reads what scoring needs and adds rows to the predictions; changes and deletes nothing
--     insitu_analyst  reads the published schemas: predictions, actions, monitoring
--
-- Run it as a superuser in the project's database: before the first build, after it, and whenever a use case is added.
-- It may be run any number of times. Then give people and services their role, and the builder's profile `role:`:
--
--     create role anna login password '…' in role insitu_analyst;
--     create role nightly login password '…' in role insitu_builder;   -- profile: `role: insitu_builder`
--
-- New tables get their privileges the moment they are created (default privileges), so that a rebuild locks nobody out.

do $$
declare
    -- A target with a schema of its own has the layers as `<schema>_predictions` and so on.
    published constant text := '(^|_)(predictions|actions|monitoring)$';
    scoring_inputs constant text := '(^|_)(training|evaluation|predictions)$';
    predictions constant text := '__predictions$';
    item record;
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

    for item in select nspname as name from pg_namespace where nspname ~ published loop
        execute format('grant usage on schema %I to insitu_analyst', item.name);
        execute format('grant select on all tables in schema %I to insitu_analyst', item.name);
        execute format(
            'alter default privileges for role insitu_builder in schema %I grant select on tables to insitu_analyst',
            item.name
        );
    end loop;

    for item in select nspname as name from pg_namespace where nspname ~ scoring_inputs loop
        execute format('grant usage on schema %I to insitu_scorer', item.name);
        execute format('grant select on all tables in schema %I to insitu_scorer', item.name);
        execute format(
            'alter default privileges for role insitu_builder in schema %I grant select on tables to insitu_scorer',
            item.name
        );
    end loop;

    for item in
        select s.nspname as schema_name, r.relname as name
        from pg_class as r
        inner join pg_namespace as s on s.oid = r.relnamespace
        where s.nspname ~ published and r.relname ~ predictions and r.relkind in ('r', 'p')
    loop
        execute format('grant insert on %I.%I to insitu_scorer', item.schema_name, item.name);
    end loop;
end
$$;
