{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('38654bcc626d4f60d570966f955d62ea67f227175938fb0e3a371a0581fed41c') }}{% endmacro %}
