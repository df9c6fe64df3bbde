{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('1882428bcee911cd2d4344f818dd8ba58f3368de0d11f12e19d88a5a01a23a78') }}{% endmacro %}
