from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.CharField(max_length=64, unique=True)),
                ('leaf', models.BinaryField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': '待入账条目',
                'verbose_name_plural': '待入账条目',
            },
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('entry_id', models.CharField(db_index=True, max_length=64)),
                ('at', models.DateTimeField()),
                ('action', models.CharField(max_length=80)),
                ('actor', models.CharField(max_length=200)),
                ('organization', models.CharField(max_length=64)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('resource', models.CharField(blank=True, max_length=200)),
                ('cites', models.JSONField(default=list)),
                ('details', models.JSONField(default=dict)),
            ],
            options={
                'verbose_name': '账本记录',
                'verbose_name_plural': '账本记录',
                'indexes': [models.Index(fields=['resource', '-index'], name='ledger_by_resource'), models.Index(fields=['organization', '-index'], name='ledger_by_organization'), models.Index(fields=['action', '-index'], name='ledger_by_action'), models.Index(fields=['subject', '-index'], name='ledger_by_subject')],
            },
        ),
    ]
