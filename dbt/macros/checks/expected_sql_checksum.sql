{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('7493fb5ce5de5900c6705b8ba097813cb847d9f6c1e9db83cc9b417f318d2a8e') }}{% endmacro %}
