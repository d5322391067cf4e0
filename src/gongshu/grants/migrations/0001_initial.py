import gongshu.grants.states
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='FeedClock',
            fields=[
                ('id', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('revision', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='FeedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('key', models.CharField(max_length=64)),
                ('revision', models.BigIntegerField(unique=True)),
                ('body', models.TextField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'key'), name='grants_one_row_per_thing')],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grant_id', models.CharField(max_length=40, unique=True)),
                ('kind', models.CharField(choices=[('sharing', 'sharing'), ('public', 'public')], default=gongshu.grants.states.GrantKind['SHARING'], max_length=10)),
                ('organization', models.CharField(db_index=True, max_length=64)),
                ('provider', models.CharField(db_index=True, max_length=64)),
                ('resource', models.CharField(db_index=True, max_length=64)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('items', models.JSONField()),
                ('masks', models.JSONField(default=dict)),
                ('rows', models.JSONField(default=list)),
                ('purpose', models.CharField(max_length=200)),
                ('modes', models.JSONField()),
                ('clients', models.JSONField(default=list)),
                ('listing', models.BooleanField(default=False)),
                ('rate_per_minute', models.PositiveIntegerField(null=True)),
                ('daily_quota', models.PositiveIntegerField(null=True)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('source', models.CharField(blank=True, db_index=True, max_length=64)),
                ('cites', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('active', 'active'), ('revoked', 'revoked'), ('expired', 'expired')], default=gongshu.grants.states.GrantStatus['ACTIVE'], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=64)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=64)),
                ('end_reason', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['status', 'valid_until'], name='grants_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_until__gt', models.F('valid_from'))), name='grants_term_ends')],
            },
        ),
    ]
