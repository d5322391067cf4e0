import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0002_administrations_and_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='System',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('name_en', models.CharField(blank=True, max_length=100)),
                ('purpose', models.CharField(blank=True, max_length=300)),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=64)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='systems', to='identity.organization')),
            ],
            options={
                'ordering': ['organization__code', 'name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SecurityFiling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grade', models.PositiveSmallIntegerField()),
                ('number', models.CharField(blank=True, max_length=60)),
                ('filed_on', models.DateField()),
                ('assessed_on', models.DateField(blank=True, null=True)),
                ('valid_until', models.DateField(blank=True, null=True)),
                ('tests', models.JSONField(default=list)),
                ('evidence', models.CharField(max_length=300)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=64)),
                ('announced_at', models.DateTimeField(blank=True, null=True)),
                ('lapse_told_at', models.DateTimeField(blank=True, null=True)),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='filings', to='filings.system')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SystemClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='systems', to='identity.apiclient')),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='filings.system')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='PostHolding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('post', models.CharField(max_length=60)),
                ('label_zh', models.CharField(max_length=200)),
                ('label_en', models.CharField(max_length=200)),
                ('name', models.CharField(max_length=60)),
                ('contact', models.CharField(blank=True, max_length=100)),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('late', models.BooleanField(default=False)),
                ('filed_at', models.DateTimeField()),
                ('filed_by', models.CharField(max_length=64)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=64)),
                ('vacancy_duty', models.BigIntegerField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='identity.organization')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts_held', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['organization', 'post'], name='filings_pos_organiz_4b07ca_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('organization', 'post', 'name'), name='filings_one_open_holding')],
            },
        ),
        migrations.AddConstraint(
            model_name='system',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('organization', 'name'), name='filings_one_system_a_name'),
        ),
        migrations.AddConstraint(
            model_name='systemclient',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('client',), name='filings_one_system_a_client'),
        ),
    ]
