{# Written by `factorium migrate`; a test compares it with the files of sql/. #}
{% macro expected_sql_checksum() %}{{ return('baafc057e38928c14ab397142f100dfb43f1d3e21ef1a8123b28ad240edbad12') }}{% endmacro %}
