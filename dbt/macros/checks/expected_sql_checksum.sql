{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('b3c1aeb7c8ab0d325a1385ff4035d14f497772ded548edf34e1599cf804388d7') }}{% endmacro %}
