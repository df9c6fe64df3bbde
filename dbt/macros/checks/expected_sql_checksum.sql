{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('b1ab05dfd26802a10684561053f10268a2d416e145a732e23b19daec10e735c1') }}{% endmacro %}
